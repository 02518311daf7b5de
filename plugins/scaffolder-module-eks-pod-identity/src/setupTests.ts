import '@testing-library/jest-dom';
import { configure } from '@testing-library/react';

// Whether a role is hidden takes the styles of all its ancestors, a third of the time; the browser tests look at that
configure({ defaultHidden: true });

// The scaffolder's form scrolls to its top; the simulated browser has no layout
window.scrollTo = () => {};

// Places the lists of the pickers by the styles of all their ancestors, at every key; there is no layout to place them in
jest.mock(
  'popper.js',
  () =>
    class {
      destroy() {}
      update() {}
      scheduleUpdate() {}
    },
);

// Looks through all rules of all style sheets for each element, a quarter of the time; the browser tests see the styles
window.getComputedStyle = element => (element as HTMLElement).style;
