import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Cart } from '../src/cart.js';

describe('Cart', () => {
  it('is empty at first', () => {
    assert.equal(new Cart().total, 0);
    assert.equal(new Cart().count, 0);
  });

  it('adds up', () => {
    const cart = new Cart().add('pen', 1.2, 2).add('book', 9.99);
    assert.equal(cart.total, 1239);
    assert.equal(cart.count, 3);
  });

  it('joins lines of one article', () => {
    assert.equal(new Cart().add('pen', 1).add('pen', 1, 2).count, 3);
  });

  it('gives a discount from ten pieces on', () => {
    assert.equal(new Cart().add('pen', 1, 9).total, 900);
    assert.equal(new Cart().add('pen', 1, 10).total, 900);
    assert.equal(new Cart().add('pen', 1, 60).total, 4800);
  });

  it('refuses nothing', () => {
    assert.throws(() => new Cart().add('pen', 1, 0), RangeError);
  });
});
