/** Whole cents of a price in euros, rounded half up. */
export function toCents(price) {
  return Math.round(price * 100);
}

/** "12.05 €" */
export function format(cents) {
  const sign = cents < 0 ? '-' : '';
  const whole = Math.floor(Math.abs(cents) / 100);
  const rest = String(Math.abs(cents) % 100).padStart(2, '0');
  return `${sign}${whole}.${rest} €`;
}
