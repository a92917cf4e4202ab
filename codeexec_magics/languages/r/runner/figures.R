# Figures as pictures: each page of the device that plots open by themselves is a display.
#
# Runs in R. Pages are written by the device when the next one begins, or when it is closed; a page
# that is still drawn upon is shown at the end.

figures <- new.env()
figures$devices <- list()  # of each: its folder, its number, and what of it was shown

open_device <- function(...) {
  at <- length(figures$devices) + 1L
  folder <- file.path(tempdir(), sprintf("figures-%d", at))
  dir.create(folder)
  size <- getOption("codeexec.figure", c(7, 5))
  grDevices::png(file.path(folder, "%04d.png"), size[1], size[2], units = "in", res = 96, type = "cairo")
  figures$devices[[at]] <- list(folder = folder, number = grDevices::dev.cur(), shown = character())
}

prepare_figures <- function() {
  if (all(capabilities(c("png", "cairo")))) options(device = open_device)
}

# Show the pages that are finished; with `all` close what is open, and show the rest.
show_figures <- function(all = FALSE) {
  for (at in seq_along(figures$devices)) {
    device <- figures$devices[[at]]
    is_open <- device$number %in% grDevices::dev.list() && !is_taken(at)
    if (is_open && all) {
      grDevices::dev.off(device$number)
      is_open <- FALSE
    }
    pages <- list.files(device$folder, full.names = TRUE)
    if (is_open) pages <- utils::head(pages, -1)
    for (page in setdiff(pages, device$shown)) show_picture(page)
    figures$devices[[at]]$shown <- pages
    if (!is_open) figures$devices[[at]]$number <- -1L
  }
}

# The bytes travel with the line: R removes its folder at its end, which nobody waits for.
show_picture <- function(page) {
  bytes <- readBin(page, "raw", file.size(page))
  say(sprintf("{\"type\":\"picture\",\"data\":\"%s\"}", paste(bytes, collapse = "")))
}

# Whether a later device has the number of one that the program has closed.
is_taken <- function(at) {
  later <- figures$devices[-seq_len(at)]
  number <- figures$devices[[at]]$number
  any(vapply(later, function(device) device$number == number, NA))
}
