export { CopyButton } from './CopyButton';
export { writeText } from './useCopy';
