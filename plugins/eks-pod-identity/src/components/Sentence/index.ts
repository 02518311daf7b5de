export { Sentence } from './Sentence';
export { OneLine } from './OneLine';
