/**
 * Texts of Python's Decimals and Fractions → a text that equal numbers of any type share.
 *
 * Lives in the worker and works after the program. A whole number and a fraction that a float holds
 * exactly have the text of that number.
 */
'use strict';

const $ = require('../primordials.js');

const DECIMAL = /^(-?)(\d*)\.?(\d*)(?:E([+-]?\d+))?$/i;
/** Digits beyond which a number is compared by its digits alone: no other type has so many. */
const LONGEST = 5000;

const bigText = (value) => $.bigIntText(value, 10);

/** Digits and exponent without zeros at the end. */
function normal(digits, exponent) {
  let [rest, power] = [digits, exponent];
  while (rest !== 0n && rest % 10n === 0n) {
    rest /= 10n;
    power += 1;
  }
  return [rest, rest === 0n ? 0 : power];
}

/** Whether a float is exactly `digits / 10 ** places`. */
function isExact(float, digits, places) {
  let [mantissa, twos] = [float, 0n];
  while (!$.isInteger(mantissa)) {
    mantissa *= 2;
    twos += 1n;
  }
  return (
    $.isFinite(float) && $.bigIntOf(mantissa) * 10n ** $.bigIntOf(places) === digits * 2n ** twos
  );
}

/** The text of `digits * 10 ** exponent`. */
function identityOf(someDigits, someExponent) {
  const [digits, exponent] = normal(someDigits, someExponent);
  if (exponent > LONGEST || exponent < -LONGEST) {
    return `d${bigText(digits)}e${exponent}`;
  }
  if (exponent >= 0) {
    return `n${bigText(digits * 10n ** $.bigIntOf(exponent))}`;
  }
  const float = $.numberOf(`${bigText(digits)}e${exponent}`);
  const isFloat = $.isFinite(float) && isExact(float, digits, -exponent);
  return isFloat ? `n${float}` : `d${bigText(digits)}e${exponent}`;
}

/** The text of a Decimal; '' for one that equals nothing. */
function decimalIdentity(text) {
  const found = $.execute(DECIMAL, text);
  if (found === null) {
    return $.includes(text, 'NaN') ? '' : `n${text}`; // infinite, as a float may be
  }
  const [sign, whole, fraction, exponent] = [found[1], found[2], found[3], found[4]];
  const digits = $.bigIntOf(`${whole}${fraction}`);
  return identityOf(sign === '-' ? -digits : digits, $.numberOf(exponent ?? 0) - fraction.length);
}

/** The text of a Fraction `n/d`, in lowest terms. */
function fractionIdentity(text) {
  const at = $.indexOf(text, '/');
  let digits = $.bigIntOf($.slice(text, 0, at));
  let rest = $.bigIntOf($.slice(text, at + 1));
  let places = 0;
  // With each place a factor of 10 goes over, as long as one of 2 or 5 is left below.
  for (; rest % 2n === 0n || rest % 5n === 0n; places += 1) {
    const factor = rest % 10n === 0n ? 10n : rest % 2n === 0n ? 2n : 5n;
    rest /= factor;
    digits *= 10n / factor;
  }
  return rest === 1n ? identityOf(digits, -places) : `f${text}`;
}

module.exports = { __proto__: null, decimalIdentity, fractionIdentity };
