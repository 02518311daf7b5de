export { DocsLink, FixBlock } from './FixBlock';
export { Snippet } from './Snippet';
