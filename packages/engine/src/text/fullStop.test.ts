import { fullStop } from './fullStop';

it.each([
  ['No answer', 'No answer.'],
  ['No answer. ', 'No answer.'],
  ['Why?', 'Why?.'],
])('ends %j in one full stop', (text, ended) => {
  expect(fullStop(text)).toBe(ended);
});
