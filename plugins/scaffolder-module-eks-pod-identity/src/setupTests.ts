import '@testing-library/jest-dom';
import { configure } from '@testing-library/react';

// A whole form renders slowly on a busy machine
jest.setTimeout(40_000);
configure({ asyncUtilTimeout: 15_000 });

// The scaffolder's form scrolls to its top; the simulated browser has no layout
window.scrollTo = () => {};
