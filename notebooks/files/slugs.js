/** Titles as they stand in addresses: "Crème brûlée" becomes "creme-brulee". */
function transform({ titles }) {
  return titles.map(slug)
}

function slug(title) {
  const plain = title.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
  return plain.match(/[a-z0-9]+/g).join('-')
}
