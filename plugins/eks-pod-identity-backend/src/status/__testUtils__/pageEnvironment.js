const { TestEnvironment } = require('jest-environment-node');
const { JSDOM } = require('jsdom');

/** What must be the page's own even where Node.js has something of the same name. */
const OF_THE_PAGE = ['Event', 'CustomEvent', 'navigator'];

/**
 * Node.js, as a backend needs it, with the globals of a page beside: for tests in which a real page asks a real
 * backend.
 */
class PageEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    this.dom = new JSDOM('<!doctype html><body></body>', {
      url: 'http://portal.example.com/',
      pretendToBeVisual: true,
    });
    const { window } = this.dom;
    for (const name of Object.getOwnPropertyNames(window)) {
      if (name in this.global && !OF_THE_PAGE.includes(name)) continue;
      Object.defineProperty(this.global, name, {
        configurable: true,
        writable: true,
        value: window[name],
      });
    }
    // Inherited by every window
    for (const name of [
      'addEventListener',
      'removeEventListener',
      'dispatchEvent',
    ]) {
      this.global[name] = window[name].bind(window);
    }
  }

  async teardown() {
    this.dom.window.close();
    await super.teardown();
  }
}

module.exports = PageEnvironment;
