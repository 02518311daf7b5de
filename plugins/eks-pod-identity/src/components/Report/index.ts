export { RawReport, ReportView } from './ReportView';
