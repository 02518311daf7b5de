export { useIconLinkProps } from './useIconLinkProps';
