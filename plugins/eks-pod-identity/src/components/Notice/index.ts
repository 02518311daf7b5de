export { Notice } from './Notice';
export { ProblemNotice } from './ProblemNotice';
export { useProblemTexts } from './useProblemTexts';
