const { writeFileSync } = require('node:fs');

/**
 * Writes beside Jest's own report, which leaves it out, why tests failed that were tried again: as JSON, a list of
 * `{ file, fullName, reasons }`.
 */
module.exports = class Retried {
  #file;
  #tests = [];

  constructor({ outputFile }) {
    this.#file = module.exports.beside(outputFile);
  }

  onTestResult(_, { testFilePath: file, testResults }) {
    for (const { fullName, retryReasons: reasons = [] } of testResults) {
      if (reasons.length > 0) this.#tests.push({ file, fullName, reasons });
    }
  }

  onRunComplete() {
    writeFileSync(this.#file, JSON.stringify(this.#tests));
  }
};

module.exports.beside = report => report.replace(/\.json$/, '.retried.json');
