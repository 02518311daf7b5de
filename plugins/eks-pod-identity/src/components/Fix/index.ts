export { DocsLink, FixBlock, isSaid } from './FixBlock';
