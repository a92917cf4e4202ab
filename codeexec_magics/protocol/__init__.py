"""The wire: frames and messages, as PROTOCOL.md beside this file defines them."""
