export { DocsLink, FixBlock, repeats } from './FixBlock';
