import '@testing-library/jest-dom';
import { configure } from '@testing-library/react';

// A busy machine draws slowly; what does not come at all still fails
configure({ asyncUtilTimeout: 5_000 });
jest.setTimeout(30_000);
