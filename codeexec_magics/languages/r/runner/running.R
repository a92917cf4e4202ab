# One run: the program expression by expression, as Rscript has it, and what came of it.
#
# Runs in R. Programs are evaluated in the global environment, where the inputs are.

request <- NULL
process <- Sys.getpid()
top <- NULL  # the place of the expression that is under way
ended <- NULL  # the stack at the failure
warning_before <- NULL  # the last one: what R says of a failure may be in it alone

# A line to the bridge. Opened for each, since a program may close all connections.
say <- function(line) {
  con <- file("/dev/fd/4", "wb", raw = TRUE)
  on.exit(close(con))
  writeBin(charToRaw(paste0(enc2utf8(line), "\n")), con)
}

main <- function() {
  prepare()
  say(sprintf("{\"version\":%s}", quoted(paste(R.version$major, R.version$minor, sep = "."))))
  con <- file("/dev/fd/3", "rb", raw = TRUE)
  line <- readLines(con, 1)
  close(con)
  if (!length(line)) quit("no", runLast = FALSE)
  size <- as.numeric(line)
  con <- file("/dev/fd/5", "rb")
  request <<- if (size < 2^31) unserialize(readBin(con, "raw", size)) else unserialize(con)
  close(con)
  finish(run())
}

prepare <- function() {
  if (!l10n_info()[["UTF-8"]]) suppressWarnings(Sys.setlocale("LC_CTYPE", "C.UTF-8"))
  options(keep.source = TRUE, warn = 1)
  prepare_figures()
  rehearse()
}

# Run something while nobody waits: R reads and compiles its functions when they are first called.
rehearse <- function() {
  lines <- c("f <- function(x) x + 1L", "for (i in 1:2) f(i)", "list(a = 1L, b = 'x', c = 1.5, d = TRUE)")
  for (round in 1:2) {
    request <<- unserialize(serialize(list(
      lines = lines, filename = "<cell>", entry = "transform", outputs = character(), keep = TRUE,
      frames = "", zone = "UTC", inputs = structure(list(), names = character())
    ), NULL))
    run()
  }
  show_figures()
  rm(list = ls(globalenv(), all.names = TRUE), envir = globalenv())
  request <<- top <<- warning_before <<- NULL
}

run <- function() {
  tryCatch(
    withCallingHandlers(
      perform(),
      error = function(e) ended <<- stack(),
      interrupt = function(i) stopped(stack()),
      warning = function(w) warned(w)
    ),
    codeexec_refusal = function(e) failure("DataError", conditionMessage(e), "[]", "encoding", e$path),
    codeexec_syntax = function(e) failure("SyntaxError", conditionMessage(e), e$frames, "program"),
    error = function(e) {
      kind <- class(e)[1]
      if (kind %in% c("simpleError", "error")) kind <- "Error"
      frames <- frames_json(frames_of(ended, top), conditionCall(e))
      failure(kind, conditionMessage(e), frames, "program", cause = reason(e))
    },
    interrupt = function(i) NULL
  )
}

# Say what came of it; ends R.
finish <- function(last) {
  force(last)
  while (sink.number() > 0) sink()
  tryCatch(show_figures(all = TRUE), error = function(e) NULL)
  finish_arena()
  if (is.null(last)) quit("no", status = 130, runLast = FALSE)
  say(last)
  quit("no", runLast = FALSE)
}

# What a warning of the same call has said before it failed.
reason <- function(e) {
  w <- warning_before
  if (is.null(w) || is.null(conditionCall(e)) || !identical(conditionCall(w), conditionCall(e))) return(NULL)
  conditionMessage(w)
}

failure <- function(kind, message, frames, what, path = NULL, cause = NULL) {
  notes <- if (is.null(cause)) "" else sprintf(",\"notes\":[%s]", safely_quoted(cause))
  path <- if (is.null(path)) "" else sprintf(",\"path\":%s", quoted(path))
  sprintf(
    "{\"type\":\"error\",\"class\":%s,\"message\":%s,\"frames\":%s,\"kind\":\"%s\"%s%s}",
    quoted(kind), safely_quoted(message), frames, what, path, notes
  )
}

# Of an error's text what is no UTF-8 is shown as its bytes.
safely_quoted <- function(text) {
  text <- paste(text, collapse = "\n")
  quoted(if (validEnc(text)) text else iconv(text, "UTF-8", "UTF-8", sub = "byte"))
}

stopped <- function(where) {
  if (Sys.getpid() != process) return()  # a child of parallel's
  say(sprintf("{\"type\":\"stopped\",\"frames\":%s}", frames_json(frames_of(where, top))))
}

# A warning of the top level would name a call of ours.
warned <- function(w) {
  warning_before <<- w
  call <- conditionCall(w)
  if (getOption("warn") != 1 || !identical(call, quote(withVisible(x)))) return()
  cat("Warning: ", conditionMessage(w), "\n", sep = "", file = stderr())
  invokeRestart("muffleWarning")
}

perform <- function() {
  expressions <- parsed()
  for (name in setdiff(names(request$inputs), "")) assign(name, request$inputs[[name]], globalenv())
  if (!"inputs" %in% names(request$inputs)) assign("inputs", request$inputs, globalenv())
  given <- list(value = NULL, visible = FALSE)
  places <- attr(expressions, "srcref")
  for (at in seq_along(expressions)) {
    if (given$visible) shown(given$value)
    top <<- places[[at]]
    given <- evaluated(expressions[[at]])
    show_figures()
  }
  entry <- get0(request$entry, globalenv(), mode = "function", inherits = FALSE)
  if (is.null(entry)) return(outcome(given$value, given$visible))
  if (given$visible) shown(given$value)
  top <<- NULL
  outcome(called(entry), TRUE)
}

parsed <- function() {
  source <- srcfilecopy(request$filename, request$lines)
  tryCatch(
    parse(text = request$lines, srcfile = source, keep.source = TRUE, encoding = "UTF-8"),
    error = function(e) {
      told <- regmatches(conditionMessage(e), regexec("^[^\n]*?:([0-9]+):([0-9]+): ([^\n]*)", conditionMessage(e), perl = TRUE))[[1]]
      frames <- "[]"
      message <- conditionMessage(e)
      if (length(told)) {
        frames <- sprintf("[{\"line\":%s,\"column\":%s}]", told[2], max(1, as.integer(told[3])))
        message <- told[4]
      }
      stop(structure(class = c("codeexec_syntax", "error", "condition"), list(message = message, call = NULL, frames = frames)))
    }
  )
}

# The value of an expression of the top level, and whether it is to be seen.
evaluated <- function(expression) {
  done <- NULL
  codeexec_value <- function(x) done <<- withVisible(x)
  call <- as.call(list(codeexec_value, expression))
  eval(call, globalenv())
  if (is.null(done)) stop(simpleError("no function to return from: leave out return(), the last value is the cell's", expression))
  done
}

shown <- function(value) if (isS4(value)) methods::show(value) else print(value)

# Call the program's function with the inputs that it names, or with all of them as one list.
called <- function(entry) {
  inputs <- request$inputs[names(request$inputs) != ""]
  wanted <- names(formals(args(entry)))
  scope <- list2env(inputs, parent = globalenv())
  if (length(wanted) && (wanted[1] == "inputs" || (length(wanted) == 1 && !wanted %in% c("...", names(inputs))))) {
    arguments <- list(quote(inputs))
    scope <- list2env(list(inputs = request$inputs), parent = globalenv())
  } else {
    names <- if ("..." %in% wanted) names(inputs) else intersect(wanted, names(inputs))
    arguments <- sapply(names, as.name, simplify = FALSE)
  }
  eval(as.call(c(list(as.name(request$entry)), arguments)), scope)
}

# The last line: the value, or the variables that are wanted where there is none.
outcome <- function(value, is_given) {
  extra <- ""
  if (!is_given && length(request$outputs)) {
    is_there <- vapply(request$outputs, exists, NA, envir = globalenv(), inherits = FALSE)
    if (all(is_there)) {
      value <- mget(request$outputs, envir = globalenv())
      if (length(value) == 1) value <- value[[1]]
    } else {
      extra <- sprintf(",\"missing\":[%s]", paste(quoted(request$outputs[!is_there]), collapse = ","))
    }
  } else if (!is_given) value <- NULL
  made <- if (request$keep) node(value, "result") else tryCatch(node(value, "result"), codeexec_refusal = function(e) picture_or_text(value))
  if (nchar(made, "bytes") > 60000) {
    place <- put(charToRaw(enc2utf8(made)))
    sprintf("{\"type\":\"result\",\"text\":%d,\"buffers\":[%s]%s}", place, paste(arena$places, collapse = ","), extra)
  } else {
    sprintf("{\"type\":\"result\",\"value\":%s,\"buffers\":[%s]%s}", made, paste(arena$places, collapse = ","), extra)
  }
}

# What stays here, as R shows it: drawn, or its text.
picture_or_text <- function(value) {
  text <- paste(utils::capture.output(shown(value)), collapse = "\n")
  told <- if (nzchar(text)) sprintf(",\"text\":%s", safely_quoted(substr(text, 1, 10000))) else ""
  sprintf("{\"$\":\"shown\",\"type\":%s%s}", quoted(class(value)[1]), told)
}
