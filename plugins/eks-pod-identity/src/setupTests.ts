import '@testing-library/jest-dom';
import { configure } from '@testing-library/react';

// Whether a role is hidden takes the styles of all its ancestors, a third of the time; the browser tests look at that
configure({ defaultHidden: true });

// Looks through all rules of all style sheets for each element, a quarter of the time; the browser tests see the styles
window.getComputedStyle = element => (element as HTMLElement).style;
