import { test as base } from '@playwright/test';

/**
 * Pages without animations and transitions. Chromium draws them in software here: spinners that wait for the portal took
 * a quarter of all the processor time that it used.
 */
export const test = base.extend({
  context: async ({ context }, hand) => {
    await context.addInitScript(() => {
      const still = new CSSStyleSheet();
      still.replaceSync(
        '*, ::before, ::after { animation: none !important; transition: none !important }',
      );
      document.adoptedStyleSheets = [still];
    });
    await hand(context);
  },
});
