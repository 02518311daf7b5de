import '@testing-library/jest-dom';
import { configure } from '@testing-library/react';

// A busy machine renders slowly
configure({ asyncUtilTimeout: 5_000 });
jest.setTimeout(30_000);
