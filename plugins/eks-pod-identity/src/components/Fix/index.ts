export { DocsLink, FixBlock, isSaid } from './FixBlock';
export { Snippet } from './Snippet';
