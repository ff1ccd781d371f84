// Every word that the replay says, Chinese and English side by side; the language of the page decides.

const chinese = !document.documentElement.lang.toLowerCase().startsWith('en');

const table = {
  'instance:started': ['发起', 'Started'],
  'instance:completed': ['流程结束', 'Ended'],
  'instance:withdrawn': ['撤回', 'Withdrawn'],
  'instance:terminated': ['终止', 'Terminated'],
  'path:taken': ['经过', 'Way taken'],
  'task:created': ['产生待办', 'Task created'],
  'task:claimed': ['领取', 'Claimed'],
  'task:unclaimed': ['放回', 'Put back'],
  'task:completed': ['办理', 'Decided'],
  'task:transferred': ['转办', 'Transferred'],
  'task:canceled': ['待办取消', 'Task cancelled'],
  'task:reminded': ['催办', 'Reminded'],
  'variables:changed': ['变量改变', 'Variables changed'],
  'operation:completed': ['系统处理完成', 'Operation done'],
  'job:created': ['作业排队', 'Job queued'],
  'job:failed': ['作业失败', 'Job failed'],
  'job:completed': ['作业完成', 'Job done'],
  'timer:created': ['定时设定', 'Timer set'],
  'timer:fired': ['定时到期', 'Timer fired'],
  'incident:raised': ['出现异常', 'Incident'],
  'incident:resolved': ['异常解除', 'Incident resolved'],
  'oa:delivered': ['已送达办公系统', 'Delivered to the office system'],
  'oa:refused': ['办公系统拒收', 'Refused by the office system'],
  'oa:unknown': ['送达结果不明', 'Outcome of the delivery unknown'],
  'decision:evaluated': ['决策表', 'Decision table'],
  'archive:sealed': ['归档封存', 'Archive sealed'],
  'instance:suspended': ['挂起', 'Suspended'],
  'instance:resumed': ['恢复', 'Resumed'],
  'call:entered': ['进入调用的流程', 'Called process entered'],
  'operation:failed': ['系统处理报错', 'Operation answered with an error'],
  'job:errored': ['作业报错', 'Job answered with an error'],
  'task:paused': ['到达保存点', 'Save point reached'],
  'task:continued': ['从保存点继续', 'Gone on from a save point'],
  'message:received': ['收到消息', 'Message received'],
  'message:thrown': ['发出消息', 'Message sent'],
  'signal:received': ['收到信号', 'Signal received'],
  'signal:thrown': ['发出信号', 'Signal sent'],
  'error:uncaught': ['错误未被捕获', 'Error not caught'],
  'escalation:uncaught': ['升级未被捕获', 'Escalation not caught'],
  'timer:reckoned': ['推算时间', 'Time reckoned'],
  'task:passed': ['自动处理', 'Decided by itself'],
  'task:delegated': ['委派', 'Delegated'],
  'task:resolved': ['委派回复', 'Opinion given'],
  'task:returned': ['退回', 'Returned'],
  'task:taken_back': ['拿回', 'Taken back'],
  'task:signer_added': ['加签', 'Signer added'],
  'task:signer_removed': ['减签', 'Signer removed'],
  'task:urged': ['催办', 'Urged'],
  'task:escalated': ['超时转交', 'Handed on, overdue'],
  'comment:added': ['评论', 'Commented'],
  'instance:copied': ['抄送', 'Copied'],
  'instance:revoked': ['撤销', 'Revoked'],
  'instance:jumped': ['跳转', 'Put elsewhere'],
  unreadable: ['无法读取的记录', 'Unreadable record'],
  'outcome:approve': ['同意', 'Approved'],
  'outcome:reject': ['驳回', 'Rejected'],
  'outcome:return': ['退回', 'Returned'],
  'outcome:resubmit': ['重新提交', 'Submitted again'],
  'outcome:recheck': ['重新检测', 'Checked again'],
  'outcome:withdraw': ['撤回', 'Withdrawn'],
  system: ['系统', 'System'],
  step: ['第 {n} 步', 'Step {n}'],
  stepOf: ['第 {n} 步，共 {all} 步', 'Step {n} of {all}'],
  onBehalfOf: ['代 {name}', 'for {name}'],
  time: ['时间', 'Time'],
  channel: ['经', 'Through'],
  'channel:page': ['审批页', 'the approval page'],
  'channel:api': ['接口', 'the API'],
  why: ['为何是此人', 'Why this person'],
  comment: ['意见', 'Comment'],
  reason: ['原因', 'Reason'],
  signature: ['手写签名', 'Handwritten signature'],
  signatureOf: ['{name} 的手写签名', 'Handwritten signature of {name}'],
  signatureGood: ['✓ 图片与办理记录中的摘要一致（{digest}…）', '✓ The picture matches the digest in the record of the decision ({digest}…)'],
  signatureBad: ['✗ 图片与办理记录中的摘要不符，不是当时签的（{digest}…）', '✗ The picture does not match the digest in the record of the decision ({digest}…): it is not what was signed'],
  signatureGone: ['签名图片读取失败：{reason}，无法核对', 'The picture could not be read and not be compared: {reason}'],
  to: ['交给', 'To'],
  recordAsIs: ['记录原文', 'The record as it is'],
  variables: ['变量：旧 → 新', 'Variables: old → new'],
  form: ['当时所见的表单', 'The form as it was seen'],
  records: ['本步记录', 'Records of this step'],
  record: ['记录 {n}', 'Record {n}'],
  erased: ['个人内容已按规定删除，删除本身有记录', 'The personal part was erased by a recorded act'],
  withheld: ['意见和内容只对发起人和审计等角色显示', 'Comments and values are shown to the initiator and to those who may read all cases'],
  none: ['—', '—'],
  empty: ['（空）', '(empty)'],
  yes: ['是', 'yes'],
  no: ['否', 'no'],
  play: ['播放', 'Play'],
  pause: ['暂停', 'Pause'],
  whole: ['看全图', 'Show everything'],
  follow: ['跟随当前', 'Follow'],
  loading: ['正在读取流转记录…', 'Reading the record…'],
  checking: ['正在校验…', 'Checking…'],
  failed: ['读取失败：{reason}。没有任何内容被更改，请刷新重试。', 'Could not be read: {reason}. Nothing was changed; load the page again.'],
  nothing: ['此流程还没有流转记录。', 'This case has no history yet.'],
  noDiagram: ['流程图无法显示：{reason}', 'The diagram cannot be shown: {reason}'],
  rerunGood: ['重新执行 ✓ {n} 步一致', 'Run again ✓ {n} steps alike'],
  rerunBad: ['重新执行 ✗ {reason}', 'Run again ✗ {reason}'],
  rerunUnknown: ['重新执行：服务器没有回答（{reason}）', 'Run again: the server did not answer ({reason})'],
  good: ['哈希 ✓ {good}/{all}', 'Hashes ✓ {good}/{all}'],
  bad: ['✗ 第 {step} 步：{reason}', '✗ Step {step}: {reason}'],
  moreParts: ['另有 {n} 项', '{n} more'],
  more: ['（另有 {n} 处）', ' (and {n} more)'],
  'said:hashes': ['{good}/{all} 条记录的 SHA-256 与内容一致，并与前一条相连', '{good} of {all} records match their SHA-256 and are chained to the one before'],
  'said:numbers': ['编号从 1 起，无缺号；列值与内容逐项一致', 'Numbers run from 1 without gaps; the columns agree with the bytes'],
  'said:faults': ['发现 {n} 处问题', '{n} fault(s) found'],
  'said:personal': ['{good}/{all} 份个人内容（意见、变量值）与摘要一致', '{good} of {all} personal parts (comments, values) match their digest'],
  'said:signatures': ['{good}/{all} 个手写签名与办理记录中的摘要一致', '{good} of {all} handwritten signatures match the digest in the record of their decision'],
  'said:erased': ['{n} 份个人内容已删除，无法核对', '{n} personal parts were erased and cannot be compared'],
  'said:withheld': ['{n} 份个人内容不对您显示，未核对', '{n} personal parts are not shown to you and were not compared'],
  'said:cannot': [
    '本页无法判断：末尾是否被截断、整条链是否被重写（须与存证点比对）；姓名、部门与流程图不在哈希之内',
    'Not provable on this page: a cut tail or a chain rewritten as a whole (compare with a checkpoint); names, departments and the drawing are not part of the hashes',
  ],
  'fault:unreadable': ['内容无法读取', 'its bytes cannot be read'],
  'fault:hash': ['内容与哈希不符', 'its content does not match its hash'],
  'fault:number': ['编号应为 {expected}，实为 {found}', 'it should be number {expected}, but is {found}'],
  'fault:order': ['步号倒退（{expected} → {found}）', 'its step goes backwards ({expected} → {found})'],
  'fault:instance': ['属于另一个流程实例', 'it belongs to another case'],
  'fault:column': ['列 {field} 写着 {found}，内容是 {expected}', 'column {field} says {found}, the bytes say {expected}'],
  'fault:signature': ['手写签名的图片与摘要不符，或无法读取', 'the picture of its signature does not match its digest, or cannot be read'],
  'fault:personal': ['个人内容与摘要不符', 'its personal part does not match its digest'],
  'mark:approve': ['同意', 'Approved'],
  'mark:reject': ['驳回', 'Rejected'],
  'mark:return': ['退回', 'Returned'],
  'mark:decision': ['办理', 'Decided'],
  'mark:oa': ['办公系统', 'Office system'],
  'mark:incident': ['异常', 'Incident'],
  'mark:faulty': ['校验不符', 'Does not verify'],
} satisfies Record<string, [string, string]>;

export type Word = keyof typeof table;

/** The text for `word` with its facts filled in. */
export function say(word: Word, facts: Record<string, string | number | undefined> = {}): string {
  return table[word][chinese ? 0 : 1].replace(/\{(\w+)\}/g, (_, name: string) => String(facts[name] ?? '—'));
}

/** The text for a word that may be unknown, such as an event type of a later release: then the word itself. */
export function sayAny(word: string, otherwise: string = word): string {
  return word in table ? say(word as Word) : otherwise;
}

/** A label that was recorded in both languages, or as plain text. */
export function localised(value: unknown): string {
  if (typeof value === 'object' && value !== null && ('zh' in value || 'en' in value)) {
    const both = value as { zh?: string; en?: string };
    return (chinese ? both.zh ?? both.en : both.en ?? both.zh) ?? '';
  }
  return shown(value);
}

/** The plain value behind the engine's tags for what JSON does not have: {"$d": "10600.00"} is an amount, {"$i": "60000000"} a span in microseconds. */
export function untagged(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(untagged);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, content] = entries.length === 1 ? entries[0]! : ['', null];
  if (['$d', '$t', '$a', '$u', '$b'].includes(name)) return content;
  if (name === '$i') return `${Number(content) / 1_000_000} s`;
  if (name === '$s') return untagged(content);
  const plain = name === '$m' ? Object.entries(content as object) : entries;
  return Object.fromEntries(plain.map(([key, item]) => [key, untagged(item)]));
}

/** Any recorded value as text. */
export function shown(recorded: unknown): string {
  const value = untagged(recorded);
  if (value === null || value === undefined) return say('none');
  if (value === '') return say('empty');
  if (typeof value === 'boolean') return say(value ? 'yes' : 'no');
  if (typeof value === 'object') return JSON.stringify(value, null, 1).replace(/\s*\n\s*/g, ' ');
  return String(value);
}

/** A recorded time in the browser's zone, with milliseconds and the zone's name. */
export function localTime(at: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at || say('none');
  const two = (n: number, width = 2): string => String(n).padStart(width, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${two(date.getMilliseconds(), 3)}`;
  const offset = -date.getTimezoneOffset();
  const zone = offset ? `UTC${offset < 0 ? '−' : '+'}${Math.floor(Math.abs(offset) / 60)}${offset % 60 ? `:${two(Math.abs(offset) % 60)}` : ''}` : 'UTC';
  return `${day} ${clock} ${zone}`;
}
