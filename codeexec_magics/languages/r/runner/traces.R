# Where a program was when something happened: its calls, by the places that the parser has kept.
#
# Runs in R. A call's place is the statement that was under way when it was made, so that the last
# one is where it happened; the function it stands in is the last one called whose text holds it.

most_frames <- 60L

# Calls and functions of the stack; asked while it is there.
stack <- function() {
  count <- sys.nframe() - 1L
  wanted <- if (count <= 400L) seq_len(count) else c(1:100, (count - 299L):count)
  list(calls = sys.calls()[wanted], functions = lapply(wanted, sys.function), condition = NULL)
}

frames_of <- function(stack, top) {
  found <- list(list(key = 0L, ref = top, name = ""))
  refs <- lapply(stack$functions, function(f) if (is.function(f)) attr(f, "srcref"))
  for (at in seq_along(stack$calls)) {
    ref <- attr(stack$calls[[at]], "srcref")
    if (is.null(ref) || is.null(file_of(ref))) next
    inside <- Filter(function(j) holds(refs[[j]], ref), seq_len(at - 1L))
    key <- if (length(inside)) inside[length(inside)] else 0L
    name <- if (key) name_of(stack$calls[[key]]) else ""
    found[[length(found) + 1L]] <- list(key = key, ref = ref, name = name)
  }
  found <- Filter(function(one) !is.null(one$ref), found)
  if (length(found) > 1L) {
    last <- vapply(seq_along(found), function(at) at == length(found) || found[[at]]$key != found[[at + 1L]]$key, NA)
    found <- found[last]
  }
  if (length(found) > most_frames) found <- c(found[1:10], found[(length(found) - most_frames + 11L):length(found)])
  found
}

holds <- function(outer, inner) {
  if (is.null(outer)) return(FALSE)
  if (!identical(attr(outer, "srcfile"), attr(inner, "srcfile"))) return(FALSE)
  before <- outer[1] < inner[1] || (outer[1] == inner[1] && outer[5] <= inner[5])
  after <- outer[3] > inner[3] || (outer[3] == inner[3] && outer[6] >= inner[6])
  before && after
}

name_of <- function(call) {
  head <- call[[1]]
  if (is.name(head)) return(as.character(head))
  if (is.call(head) && !identical(head[[1]], quote(`function`))) return(substr(paste(deparse(head), collapse = ""), 1, 60))
  "<anonymous>"
}

# The file of a place; NULL if it is no file of the program's.
file_of <- function(ref) {
  source <- attr(ref, "srcfile")
  if (is.null(source$filename)) return(NULL)
  if (source$filename == request$filename) return(source$filename)
  path <- if (grepl("^/", source$filename)) source$filename else file.path(source$wd, source$filename)
  if (!file.exists(path) || any(startsWith(path, .libPaths()))) NULL else path
}

# The place of the very call that failed, within the statement that it is part of.
narrowed <- function(ref, call) {
  if (is.null(call) || is.null(ref)) return(ref)
  data <- tryCatch(utils::getParseData(attr(ref, "srcfile")), error = function(e) NULL)
  if (is.null(data)) return(ref)
  within <- data$token == "expr" &
    (data$line1 > ref[7] | (data$line1 == ref[7] & data$col1 >= ref[5])) &
    (data$line2 < ref[8] | (data$line2 == ref[8] & data$col2 <= ref[6]))
  wanted <- deparse(call)
  for (at in which(within)) {
    text <- utils::getParseText(data, data$id[at])
    same <- tryCatch(identical(deparse(parse(text = text, keep.source = FALSE)[[1]]), wanted), error = function(e) FALSE)
    if (same) {
      ref[c(1, 5, 3, 6)] <- c(data$line1[at], data$col1[at], data$line2[at], data$col2[at])
      return(ref)
    }
  }
  ref
}

frames_json <- function(found, call = NULL) {
  if (length(found)) found[[length(found)]]$ref <- narrowed(found[[length(found)]]$ref, call)
  made <- vapply(found, function(one) {
    ref <- one$ref
    sprintf(
      "{\"file\":%s,\"line\":%d,\"column\":%d,\"end_line\":%d,\"end_column\":%d,\"function\":%s}",
      quoted(file_of(ref)), ref[1], ref[5], ref[3], ref[6] + 1L, quoted(one$name)
    )
  }, "")
  paste0("[", paste(made, collapse = ","), "]")
}
