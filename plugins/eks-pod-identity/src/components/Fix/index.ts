export { DocsLink, FixBlock } from './FixBlock';
