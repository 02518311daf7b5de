export { FixBlock } from './FixBlock';
export { Snippet } from './Snippet';
