// The classes of Tabler that pages may use; the build leaves out the others, which are nine tenths. Add one to get it.
export const classes = [
  'active', 'alert', 'alert-action', 'alert-danger', 'alert-icon', 'alert-info', 'alert-light', 'alert-link', 'alert-success', 'alert-warning',
  'badge', 'bg-blue-lt', 'bg-red-lt', 'bg-secondary-lt', 'btn', 'btn-ghost', 'btn-group', 'btn-icon', 'btn-primary', 'btn-sm', 'card', 'card-body',
  'container-fluid', 'container-narrow', 'container-tight', 'container-xl', 'd-block', 'd-flex', 'd-inline-block', 'empty', 'empty-action',
  'empty-icon', 'empty-subtitle', 'empty-title', 'flex-fill', 'form-check', 'form-check-input', 'form-check-label', 'form-control', 'form-hint',
  'form-label', 'form-select', 'fw-bold', 'gap-2', 'h2', 'h3', 'h4', 'icon', 'invalid-feedback', 'is-invalid', 'mb-0', 'mb-1', 'mb-2', 'mb-3',
  'me-1', 'mt-1', 'mt-2', 'mt-3', 'mt-4', 'nav', 'nav-item', 'nav-link', 'nav-tabs', 'page', 'page-tabs', 'pb-0', 'ps-3', 'px-0', 'row', 'table',
  'table-responsive', 'table-sm', 'text-break', 'text-end', 'text-secondary', 'text-start', 'text-truncate', 'visually-hidden',
  'visually-hidden-focusable', 'w-100',
];
