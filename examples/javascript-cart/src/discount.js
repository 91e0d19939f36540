const STEPS = [
  { from: 50, percent: 20 },
  { from: 10, percent: 10 },
];

/** The discount in per cent for so many pieces of one article: 10 from ten pieces on, 20 from fifty on. */
export function discountFor(quantity) {
  for (const step of STEPS) {
    if (quantity > step.from) return step.percent;
  }
  return 0;
}
