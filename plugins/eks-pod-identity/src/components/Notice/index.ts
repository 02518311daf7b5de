export { Notice } from './Notice';
export { ProblemNotice } from './ProblemNotice';
