export { Sentence } from './Sentence';
export { TwoLines } from './TwoLines';
