export { RawReport, ReportView, rootCause } from './ReportView';
