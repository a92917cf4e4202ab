# The driver of Ruby, for codeexec_magics' bridge: DRIVER.md says what it hears and answers.
require "json"
request, answers = IO.for_fd(3), IO.for_fd(4, "w")
[3, 4, 5, 6].each { |fd| IO.for_fd(fd, autoclose: false).close_on_exec = true }
say = ->(line) { answers.puts(JSON.generate(line)); answers.flush }
say.({ version: RUBY_VERSION })
run = JSON.parse(request.gets)
kind = "decoding"
frames = ->(error) { (error.backtrace_locations || []).select { |at| at.path == run["filename"] }.reverse.map { |at| { line: at.lineno, function: at.label.sub(/\A<main>\z/, "") } } }
refuse = ->(value, path) do
  case value
  when Hash then value.key?("$") ? raise(TypeError, "#{path} (#{value["$"]}) has no form in Ruby; send plain data") : value.each { |key, one| refuse.(one, "#{path}.#{key}") }
  when Array then value.each_with_index { |one, at| refuse.(one, "#{path}[#{at}]") }
  end
end
check = ->(value, path) do
  case value
  when nil, true, false, String then value
  when Integer then value.abs <= 2**53 - 1 ? value : { "$" => "int", "v" => (value < 0 ? "-0x" : "0x") + value.abs.to_s(16) }
  when Float then value.finite? ? value : { "$" => "float", "v" => value.nan? ? "nan" : value > 0 ? "inf" : "-inf" }
  when Hash then value.to_h { |key, one| [key.is_a?(String) || key.is_a?(Symbol) ? key.to_s : raise(TypeError, "#{path} has a key that is no text"), check.(one, "#{path}.#{key}")] }
  when Array then value.each_with_index.map { |one, at| check.(one, "#{path}[#{at}]") }
  else raise TypeError, "#{path} (#{value.class}) cannot be sent back; send plain data"
  end
end
begin
  inputs = run["inputs"]
  refuse.(inputs, "inputs")
  main = TOPLEVEL_BINDING.dup
  main.local_variable_set(:inputs, inputs)
  inputs.each { |name, value| main.local_variable_set(name, value) rescue nil }
  kind = "program"
  value = main.eval(run["source"], run["filename"], run["first_line"])
  value = method(run["entry"]).call(inputs) if Object.private_method_defined?(run["entry"])
  kind = "encoding"
  value = check.(value, "result")
  [$stdout, $stderr].each(&:flush)
  say.({ type: "result", value: value })
rescue SystemExit => error
  exit!(error.status)
rescue Interrupt => error
  say.({ type: "stopped", frames: frames.(error) })
  exit!(130)
rescue Exception => error
  [$stdout, $stderr].each(&:flush)
  line = error.message[/\A<cell>:(\d+):/, 1] if error.is_a?(SyntaxError)
  found = line ? [{ line: line.to_i }] : frames.(error)
  say.({ type: "error", class: error.class.name, message: error.message.sub(/\A<cell>:\d+: /, ""), frames: found, kind: kind })
end
exit!(0)
