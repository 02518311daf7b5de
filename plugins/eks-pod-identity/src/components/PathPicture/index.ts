export { edgesOf } from './edgesOf';
export { PathPicture } from './PathPicture';
