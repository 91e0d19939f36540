import assert from 'node:assert/strict';
import test from 'node:test';

import { format, toCents } from '../src/money.js';

test('cents are whole', () => {
  assert.equal(toCents(12.345), 1235);
});

test('amounts are written with two digits', () => {
  assert.equal(format(1205), '12.05 €');
  assert.equal(format(-5), '-0.05 €');
});
