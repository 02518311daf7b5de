export { useVerifyItem } from './useVerifyItem';
