export { BrokenOff } from './BrokenOff';
export { useSentence } from './useSentence';
export { useProofLine } from './useProofLine';
