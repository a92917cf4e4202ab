# Values of R as nodes of PROTOCOL.md: JSON, with bulk in the outputs arena.
#
# Runs in R, base R only. Read by driver.R into an environment of its own. What has no exact form is
# refused by its path, in a condition of the class codeexec_refusal.

bulk_from <- 1024L  # items; shorter vectors stand in the JSON

arena <- new.env()
arena$con <- NULL
arena$end <- 0
arena$places <- character()

# Write a vector behind what is in the arena, with items of a size; returns its number among the buffers.
put <- function(x, size = sizes[[typeof(x)]]) {
  if (is.null(arena$con)) arena$con <- file("/dev/fd/6", "wb")
  gap <- (-arena$end) %% 64
  if (gap > 0) writeBin(raw(gap), arena$con)
  start <- arena$end + gap
  total <- if (is.character(x)) sum(nchar(x, "bytes") + 1) else length(x) * size
  step <- 1e7  # writeBin takes less than 2 GB at once
  for (from in if (length(x)) seq(1, length(x), by = step)) {
    part <- if (length(x) <= step) x else x[from:min(from + step - 1, length(x))]
    writeBin(part, arena$con, size = size, useBytes = TRUE)
  }
  arena$end <- start + total
  arena$places <- c(arena$places, sprintf("[%.0f,%.0f]", start, total))
  length(arena$places) - 1L
}

sizes <- list(raw = 1L, integer = 4L, double = 8L, character = NA_integer_)

finish_arena <- function() {
  if (!is.null(arena$con)) close(arena$con)
  arena$con <- NULL
}

refuse <- function(x, path, why, way) {
  kind <- if (is.function(x)) "function" else class(x)[1]
  message <- sprintf("%s (%s) %s; %s", path, kind, why, way)
  stop(structure(
    class = c("codeexec_refusal", "error", "condition"),
    list(message = message, call = NULL, path = path)
  ))
}

# Text as JSON, one string for each item; NA is null.
quoted <- function(x, path = "result") {
  x <- as.character(x)
  bad <- which(!is.na(x) & !validEnc(x))
  if (length(bad)) refuse(x, path, "holds bytes that are no text in UTF-8", "convert it with iconv(x, \"latin1\", \"UTF-8\")")
  x <- enc2utf8(x)
  made <- gsub("\\", "\\\\", x, fixed = TRUE, useBytes = TRUE)
  made <- gsub("\"", "\\\"", made, fixed = TRUE, useBytes = TRUE)
  if (any(grepl("[\001-\037]", made, useBytes = TRUE))) {
    for (code in 1:31) {
      made <- gsub(rawToChar(as.raw(code)), sprintf("\\u%04x", code), made, fixed = TRUE, useBytes = TRUE)
    }
  }
  Encoding(made) <- "UTF-8"
  ifelse(is.na(x), "null", paste0("\"", made, "\""))
}

number <- function(x) {
  made <- sprintf("%.17g", x)
  finite <- which(is.finite(x))
  short <- sprintf("%.15g", x[finite])
  same <- as.numeric(short) == x[finite]
  made[finite[same]] <- short[same]
  whole <- !grepl("[.eni]", made, ignore.case = TRUE)
  made[whole] <- paste0(made[whole], ".0")
  made[is.nan(x)] <- "{\"$\":\"float\",\"v\":\"nan\"}"
  made[is.na(x) & !is.nan(x)] <- "null"
  endless <- is.infinite(x)
  made[endless] <- ifelse(x[endless] > 0, "{\"$\":\"float\",\"v\":\"inf\"}", "{\"$\":\"float\",\"v\":\"-inf\"}")
  made
}

# The zone of instants as the protocol tells it; "" for UTC.
zone_of <- function(x) {
  zone <- attr(x, "tzone")[1]
  if (is.null(zone) || is.na(zone) || zone == "") zone <- local_zone()
  else if (zone == "Etc/GMT") return("\"naive\"")
  if (zone %in% c("UTC", "GMT", "Etc/UTC", "Etc/GMT", "Etc/UCT")) return("")
  fixed <- regmatches(zone, regexec("^<([+-])([0-9]{2})([0-9]{2})>", zone))[[1]]
  if (length(fixed)) {
    seconds <- as.integer(fixed[3]) * 3600L + as.integer(fixed[4]) * 60L
    return(sprintf("{\"offset\":%d}", if (fixed[2] == "-") -seconds else seconds))
  }
  sprintf("{\"zone\":%s}", quoted(zone))
}

local_zone <- function() {
  zone <- Sys.getenv("TZ", request$zone)
  sub("^:", "", if (zone == "") request$zone else zone)
}

# Whole microseconds since 1970, of instants, as whole days are too large for integers.
microseconds <- function(x, path) {
  made <- round(as.double(x) * 1e6)
  wrong <- which(!is.na(made) & (abs(made) > 2^53 * 1024 | made < -62135596800e6 | made > 253402300799e6))
  if (length(wrong)) refuse(x, path, "holds an instant that is not in the years 1 to 9999", "send it as text: format(x)")
  made
}

instant_items <- function(x, path) {
  zone <- zone_of(x)
  micros <- microseconds(x, path)
  second <- micros %/% 1e6
  plain <- format(.POSIXct(second, "UTC"), "%Y-%m-%dT%H:%M:%S")
  plain <- paste0(strrep("0", pmax(0, 19L - nchar(plain))), plain)
  plain <- paste0(plain, sprintf(".%06.0f", micros - second * 1e6))
  if (zone == "\"naive\"") made <- sprintf("{\"$\":\"datetime\",\"v\":\"%s\"}", plain)
  else if (zone == "") made <- sprintf("{\"$\":\"datetime\",\"v\":\"%s+00:00\"}", plain)
  else made <- sprintf("{\"$\":\"datetime\",\"v\":\"%s+00:00\",\"as\":%s}", plain, zone)
  ifelse(is.na(micros), "null", made)
}

date_items <- function(x, path) {
  days <- as.double(x)
  if (any(days != floor(days), na.rm = TRUE)) refuse(x, path, "holds a part of a day", "send as.POSIXct(x), or as.Date(floor(as.numeric(x)))")
  if (any(days < -719162 | days > 2932896, na.rm = TRUE)) refuse(x, path, "holds a day that is not in the years 1 to 9999", "send it as text: format(x)")
  plain <- format(x, "%Y-%m-%d")
  plain <- paste0(strrep("0", pmax(0, 10L - nchar(plain))), plain)
  ifelse(is.na(days), "null", sprintf("{\"$\":\"date\",\"v\":\"%s\"}", plain))
}

duration_seconds <- function(x) as.double(x, units = "secs")

duration_items <- function(x, path) {
  micros <- round(duration_seconds(x) * 1e6)
  days <- micros %/% 86400e6
  rest <- micros - days * 86400e6
  made <- sprintf("{\"$\":\"timedelta\",\"v\":[%.0f,%.0f,%.0f]}", days, rest %/% 1e6, rest %% 1e6)
  ifelse(is.na(micros), "null", made)
}

# The items of a vector without dimensions, each as JSON.
items <- function(x, path) {
  if (inherits(x, "POSIXct")) return(instant_items(x, path))
  if (inherits(x, "Date")) return(date_items(x, path))
  if (inherits(x, "difftime")) return(duration_items(x, path))
  if (is.factor(x)) return(quoted(x, path))
  switch(typeof(x),
    logical = ifelse(is.na(x), "null", ifelse(x, "true", "false")),
    integer = ifelse(is.na(x), "null", sprintf("%d", x)),
    double = number(x),
    character = quoted(x, path),
    complex = ifelse(is.na(x), "null", sprintf("{\"$\":\"complex\",\"v\":[%s,%s]}", number(Re(x)), number(Im(x))))
  )
}

# Where items are missing, as the last part of a node.
missing_part <- function(gone) if (any(gone)) sprintf(",\"none\":%d", put(which(gone) - 1L)) else ""

# A vector in bulk; NULL if it has no such form.
bulk <- function(x, path) {
  if (is.factor(x)) return(NULL)
  if (inherits(x, c("POSIXct", "Date"))) {
    if (inherits(x, "Date")) {
      date_items(x[0], path)
      if (any(as.double(x) %% 1 != 0, na.rm = TRUE)) date_items(x, path)
      times <- as.double(x) * 86400000
      zone <- "\"date\""
    } else {
      times <- microseconds(x, path) / 1000
      zone <- zone_of(x)
    }
    gone <- is.na(times)
    times[gone] <- 0
    as <- if (zone == "") "" else sprintf(",\"as\":%s", zone)
    return(sprintf("{\"$\":\"instants\",\"b\":%d%s%s}", put(times), missing_part(gone), as))
  }
  if (inherits(x, "difftime")) return(NULL)
  attributes(x) <- NULL
  switch(typeof(x),
    logical = sprintf("{\"$\":\"booleans\",\"b\":%d%s}", put(as.raw(!is.na(x) & x)), missing_part(is.na(x))),
    integer = sprintf("{\"$\":\"numbers\",\"dtype\":\"<i4\",\"b\":%d%s}", put(x), missing_part(is.na(x))),
    double = sprintf("{\"$\":\"numbers\",\"dtype\":\"<f8\",\"b\":%d%s}", put(x), missing_part(is.na(x) & !is.nan(x))),
    character = {
      gone <- is.na(x)
      x[gone] <- ""
      if (!all(validEnc(x))) quoted(x, path)
      x <- enc2utf8(x)
      sprintf("{\"$\":\"texts\",\"n\":%d,\"b\":%d%s}", length(x), put(x), missing_part(gone))
    }
  )
}

known_classes <- c("AsIs", "Date", "POSIXct", "POSIXt", "difftime", "factor", "ordered", "noquote")

step_of <- function(name) {
  if (grepl("^[A-Za-z_][A-Za-z0-9_]*$", name)) paste0(".", name) else sprintf("[%s]", quoted(name))
}

check_names <- function(x, path) {
  names <- names(x)
  if (anyNA(names) || any(names == "") || anyDuplicated(names)) {
    refuse(x, path, "has names of which some are missing or the same", "name all items differently, or send unname(x)")
  }
  names
}

object <- function(names, nodes) {
  if ("$" %in% names) {
    return(sprintf("{\"$\":\"dict\",\"v\":[%s]}", paste0("[", quoted(names), ",", nodes, "]", collapse = ",")))
  }
  paste0("{", paste0(quoted(names), ":", nodes, recycle0 = TRUE, collapse = ","), "}")
}

# The node of a value.
node <- function(x, path) {
  if (is.null(x)) return("null")
  if (is.data.frame(x)) return(table_node(x, path))
  if (inherits(x, "POSIXlt")) x <- as.POSIXct(x)
  if (isS4(x) || !(is.atomic(x) || typeof(x) == "list")) return(no_form(x, path))
  strange <- setdiff(oldClass(x), known_classes)
  if (length(strange)) return(no_form(x, path))
  if (!is.null(dim(x))) return(array_node(x, path))
  if (is.raw(x)) return(sprintf("{\"$\":\"bytes\",\"b\":%d}", put(as.raw(x))))
  if (typeof(x) == "list") return(list_node(x, path))
  vector_node(x, path)
}

vector_node <- function(x, path) {
  if (!is.null(names(x))) return(object(check_names(x, path), items(unname(x), path)))
  listed <- inherits(x, "AsIs") || length(x) != 1
  oldClass(x) <- setdiff(oldClass(x), c("AsIs", "noquote"))
  if (length(x) >= bulk_from) {
    made <- bulk(x, path)
    if (!is.null(made)) return(made)
  }
  made <- items(x, path)
  if (listed) paste0("[", paste(made, collapse = ","), "]") else made
}

list_node <- function(x, path) {
  oldClass(x) <- NULL
  if (is.null(names(x))) {
    made <- if (length(x) >= 16L) tryCatch(rows_node(x, path), codeexec_refusal = function(e) NULL)
    if (!is.null(made)) return(made)
    nodes <- character(length(x))
    for (at in seq_along(x)) nodes[at] <- node(x[[at]], sprintf("%s[%d]", path, at - 1L))
    return(paste0("[", paste(nodes, collapse = ","), "]"))
  }
  names <- check_names(x, path)
  nodes <- character(length(x))
  for (at in seq_along(x)) nodes[at] <- node(x[[at]], paste0(path, step_of(names[at])))
  object(names, nodes)
}

# A list of named lists with the same names and plain scalars, column by column; NULL of any other.
rows_node <- function(x, path) {
  names <- names(x[[1]])
  is_row <- function(one) typeof(one) == "list" && is.null(oldClass(one)) && identical(names(one), names)
  if (is.null(names) || "$" %in% names || !all(vapply(x, is_row, NA))) return(NULL)
  check_names(x[[1]], path)
  columns <- lapply(seq_along(names), function(at) {
    column <- lapply(x, .subset2, at)
    there <- lengths(column) == 1L
    is_plain <- function(one) is.atomic(one) && is.null(attributes(one))
    if (!all(vapply(column, is_plain, NA)) || !all(there | vapply(column, is.null, NA))) return(NULL)
    kind <- unique(vapply(column[there], typeof, ""))
    if (length(kind) > 1L || any(kind %in% c("raw", "complex"))) return(NULL)
    made <- rep("null", length(x))
    if (any(there)) made[there] <- items(unlist(column[there]), path)
    paste0(quoted(names[at]), ":", made)
  })
  if (any(vapply(columns, is.null, NA))) return(NULL)
  paste0("[", paste0("{", do.call(paste, c(columns, sep = ",")), "}", collapse = ","), "]")
}

no_form <- function(x, path) {
  way <- if (is.function(x)) "send what it gives"
    else if (is.environment(x)) "send as.list(x)"
    else if (isS4(x)) "send its slots: x@name"
    else if (inherits(x, c("lm", "nls"))) "send a part of it: coef(x), fitted(x), or as.data.frame(coef(summary(x)))"
    else if (inherits(x, c("ggplot", "trellis", "recordedplot", "grob"))) "let it be the last value without -o, which draws it"
    else if (inherits(x, "integer64")) "send as.character(x) or as.double(x), or a data frame with it"
    else if (is.table(x)) "send as.data.frame(x)"
    else if (is.language(x)) "send deparse(x)"
    else "send a part of it, or unclass(x)"
  refuse(x, path, "cannot be sent back", way)
}

# An array of numpy: its items with the last index running fastest.
array_node <- function(x, path) {
  if (!is.null(dimnames(x))) refuse(x, path, "has names of rows or columns, which no array has", "send as.data.frame(x) or unname(x)")
  shape <- paste(sprintf("%d", dim(x)), collapse = ",")
  if (typeof(x) == "list") refuse(x, path, "is a matrix of lists", "send a list of lists")
  dtype <- switch(typeof(x), logical = "|b1", integer = "<i8", double = "<f8", complex = "<c16", "|O")
  turned <- as.vector(aperm(x, rev(seq_along(dim(x)))))
  if (dtype %in% c("|O", "<c16")) {
    return(sprintf("{\"$\":\"array\",\"dtype\":\"%s\",\"shape\":[%s],\"v\":[%s]}", dtype, shape, paste(items(turned, path), collapse = ",")))
  }
  if (any(is.na(turned) & !is.nan(turned))) refuse(x, path, "holds NA, which no array has", "send as.data.frame(x), or replace it: x[is.na(x)] <- NaN")
  if (is.logical(turned)) return(sprintf("{\"$\":\"array\",\"dtype\":\"|b1\",\"shape\":[%s],\"b\":%d}", shape, put(as.raw(turned))))
  sprintf("{\"$\":\"array\",\"dtype\":\"%s\",\"shape\":[%s],\"b\":%d}", dtype, shape, put(turned, 8L))
}

table_node <- function(x, path) {
  names <- names(x)
  if (length(x)) check_names(x, path)
  columns <- vapply(seq_along(x), function(at) column_node(.subset2(x, at), paste0(path, step_of(names[at]))), "")
  rows <- attr(x, "row.names")
  index <- if (is.character(rows)) sprintf(",\"index\":%s", bulk(rows, path)) else ""
  sprintf(
    "{\"$\":\"table\",\"names\":[%s],\"columns\":[%s],\"rows\":%d,\"kind\":\"%s\"%s}",
    paste(quoted(names), collapse = ","), paste(columns, collapse = ","),
    .row_names_info(x, 2L), request$frames, index
  )
}

column_node <- function(x, path) {
  if (inherits(x, "POSIXlt")) x <- as.POSIXct(x)
  if (inherits(x, "integer64")) {
    bits <- unclass(x)
    return(sprintf("{\"$\":\"numbers\",\"dtype\":\"<i8\",\"b\":%d%s}", put(as.double(bits)), missing_part(bits == 0 & 1 / bits < 0)))
  }
  strange <- setdiff(oldClass(x), known_classes)
  if (isS4(x) || length(strange) || is.list(x) || !is.atomic(x)) refuse(x, path, "has no form in a column", "turn it into text, numbers or dates")
  if (!is.null(dim(x))) {
    if (length(dim(x)) > 1) refuse(x, path, "is a matrix in a column", "make a column of each of its own")
    dim(x) <- NULL
  }
  if (is.factor(x)) {
    codes <- unclass(x)
    attributes(codes) <- NULL
    return(sprintf("{\"$\":\"categories\",\"codes\":%s,\"v\":[%s],\"ordered\":%s}", bulk(codes - 1L, path), paste(quoted(levels(x), path), collapse = ","), if (is.ordered(x)) "true" else "false"))
  }
  if (inherits(x, "difftime")) {
    micros <- round(duration_seconds(x) * 1e6) / 1e6
    return(sprintf("{\"$\":\"durations\",\"v\":%s}", bulk(micros, path)))
  }
  made <- bulk(x, path)
  if (is.null(made)) refuse(x, path, sprintf("is of the type %s, which no column has", typeof(x)), "turn it into text or numbers")
  made
}
