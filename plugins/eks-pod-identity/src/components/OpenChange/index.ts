export { BrokenOff } from './BrokenOff';
export { useSentence } from './useSentence';
