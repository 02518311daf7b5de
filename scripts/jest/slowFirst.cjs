const { readFileSync } = require('node:fs');
const Sequencer = require('@jest/test-sequencer').default;

/** Jest knows no times in a fresh clone: test files with `@slow` in their head begin first, so that none runs alone at the end. */
module.exports = class SlowFirst extends Sequencer {
  sort(tests) {
    const isSlow = ({ path }) =>
      /@slow\b/.test(readFileSync(path, 'utf8').slice(0, 500));
    const sorted = super.sort(tests);
    return [...sorted.filter(isSlow), ...sorted.filter(test => !isSlow(test))];
  }
};
