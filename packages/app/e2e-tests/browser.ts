import { test as base } from '@playwright/test';

/**
 * Pages without animations and transitions. Chromium draws them in software here: in the tests of the card a fifth of its
 * processor time went into them.
 */
export const test = base.extend({
  context: async ({ context }, hand) => {
    await context.addInitScript(() => {
      const still = new CSSStyleSheet();
      still.replaceSync(
        '*, ::before, ::after { animation: none !important; transition: none !important }',
      );
      document.adoptedStyleSheets.push(still);
    });
    await hand(context);
  },
});
