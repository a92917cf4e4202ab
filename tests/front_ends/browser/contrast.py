"""How well the words of cards stand out from what is behind them, as a browser sees it."""

from __future__ import annotations

LEAST = 4.5
"""The least contrast that WCAG asks of text."""

CONTRASTS = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true})
  const parse = (colour) => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = colour
    canvas.fillRect(0, 0, 1, 1)
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data
    return [r, g, b, a / 255]
  }
  const over = (top, below) => [
    ...[0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])), 1
  ]
  const behind = (element) => {
    if (!element) return [255, 255, 255, 1]
    return over(parse(getComputedStyle(element).backgroundColor), behind(element.parentElement))
  }
  const light = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((c) => c / 255).map(
      (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  document.querySelectorAll('details').forEach((details) => { details.open = true })
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const found = []
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement
    const words = walker.currentNode.textContent.trim()
    if (!words || !element.closest('.cx1') || !element.checkVisibility()) continue
    const ground = behind(element)
    const ink = light(over(parse(getComputedStyle(element).color), ground))
    const [dark, bright] = [ink, light(ground)].sort((a, b) => a - b)
    found.push([(bright + 0.05) / (dark + 0.05), words])
  }
  return found
}"""
"""Finds the contrast of all words in cards, and the words; opens what is folded.

A canvas turns every notation of a colour into bytes; layers are laid over each other as the browser
does.
"""
