import { main } from './lib/problem.mjs';
import { setUp } from './lib/setup.mjs';

await main(() => setUp());
