// The icons that pages may use; the build puts them into one sprite, icons.svg. Names are Tabler's: add a line to get another.
export const icons = [
  'alert-triangle', 'archive', 'arrow-back-up', 'arrow-left', 'arrows-maximize', 'bell', 'bookmark', 'broadcast', 'building', 'camera', 'chart-bar',
  'check', 'checklist', 'chevron-down', 'chevron-left', 'chevron-right', 'chevron-up', 'circle', 'circle-check', 'circle-dot', 'circle-x', 'clock', 'copy', 'dots',
  'dots-vertical', 'download', 'edit', 'external-link', 'eye', 'file', 'file-invoice', 'files', 'filter', 'focus-centered', 'hand-stop', 'help',
  'history', 'home', 'inbox', 'info-circle', 'key', 'language', 'link', 'list', 'lock', 'logout', 'mail', 'message', 'minus', 'player-pause',
  'player-play', 'player-skip-back', 'player-skip-forward', 'plug-connected', 'plus', 'printer', 'receipt', 'refresh', 'route', 'search', 'send',
  'settings', 'shield-check', 'shield-x', 'trash', 'upload', 'user', 'user-plus', 'users', 'versions', 'x',
];
