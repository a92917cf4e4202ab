# The driver of R: hears one request, runs the program, and says what came of it.
#
# Runs in R, base R only, started by the bridge (serving.py). Everything of it is in one environment
# that programs do not see. It says lines of JSON to descriptor 4, as DRIVER.md has them, but for
# the request: that is in R's own form behind descriptor 5.

local({
  folder <- dirname(gsub("~+~", " ", sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1]), fixed = TRUE))
  for (name in c("values.R", "traces.R", "figures.R", "running.R")) {
    sys.source(file.path(folder, name), environment(), keep.source = FALSE)
  }
  main()
}, envir = new.env(parent = baseenv()))
quit("no", status = 1, runLast = FALSE)
