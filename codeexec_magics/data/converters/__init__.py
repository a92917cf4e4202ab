"""What a result is turned into when the user names a form: frames, tables, arrays, records.

Used in the kernel. Each module makes one form of any tabular value; `conversion` chooses.
"""
