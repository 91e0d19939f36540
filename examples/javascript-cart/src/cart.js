import { discountFor } from './discount.js';
import { toCents } from './money.js';

export class Cart {
  #lines = [];

  add(name, price, quantity = 1) {
    if (quantity <= 0) throw new RangeError(`cannot add ${quantity} of ${name}`);
    const line = this.#lines.find((each) => each.name === name);
    if (line) line.quantity += quantity;
    else this.#lines.push({ name, cents: toCents(price), quantity });
    return this;
  }

  remove(name) {
    this.#lines = this.#lines.filter((each) => each.name !== name);
    return this;
  }

  get count() {
    return this.#lines.reduce((sum, each) => sum + each.quantity, 0);
  }

  /** In cents, discounts taken off line by line. */
  get total() {
    let total = 0;
    for (const { cents, quantity } of this.#lines) {
      const full = cents * quantity;
      total += full - Math.round((full * discountFor(quantity)) / 100);
    }
    return total;
  }
}
