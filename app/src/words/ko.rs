//! The dashboard's texts in Korean.

mod console;
mod insight;
mod making;
mod receiver;
mod settings;
mod states;
mod trace;

pub(super) use console::CONSOLE;
pub(super) use insight::INSIGHT;
pub(super) use making::MAKING;
pub(super) use receiver::RECEIVER;
pub(super) use settings::SETTINGS;
pub(super) use trace::TRACE;

use super::{Language, Said, Units, Words};
use states::{hint, outcome, reason, result, run, state, state_reason, status, trigger, verification};
use wire::{AgentState, CircuitState};

/// Korean.
pub(super) static WORDS: Words = Words {
    language: Language::Korean,
    product: "OpenClaw Webhooks",
    skip: "본문으로 건너뛰기",
    demo: "데모",
    demo_long: "예제 이벤트를 이 컴퓨터의 예제 수신자에게 보냅니다. 외부로 나가는 것은 없습니다.",
    utc: "UTC",
    units: Units { second: "초", minute: "분", hour: "시간", day: "일" },
    date: |month, day| format!("{month}월 {day}일"),
    as_of: |time| format!("{time} 기준입니다. 새로 고치면 갱신됩니다."),
    ago: Said { relative: |age| format!("{age} 전"), absolute: str::to_owned },
    within: Said { relative: |left| format!("{left} 후"), absolute: |time| format!("{time} UTC") },
    again_within: Said {
        relative: |left| format!("{left} 후 재시도"),
        absolute: |time| format!("{time} UTC에 재시도"),
    },
    lasting: Said { relative: |age| format!("{age}째"), absolute: |time| format!("{time}부터") },
    copy: "복사",
    copied: "복사됨",
    loading: "불러오는 중…",
    try_again: "다시 시도",
    trouble: "게이트웨이가 올바르게 응답하지 않았습니다",

    connecting: "연결 중",
    live: "실시간",
    reconnecting: |seconds| match seconds {
        0 => "다시 연결 중".to_owned(),
        seconds => format!("{seconds}초 후 다시 연결"),
    },
    offline: "오프라인",
    connecting_long: "실시간 스트림에 연결하고 있습니다.",
    live_long: "모든 변경이 자동으로 표시됩니다.",
    reconnecting_long: "실시간 스트림이 끊겼습니다. 끊기기 전 상태를 표시하며, 다시 연결되면 빠짐없이 갱신합니다.",
    offline_long: "네트워크에 연결되어 있지 않습니다. 이전 상태를 표시하고 있습니다.",
    config_refused: |error| format!("마지막 구성 변경이 거부되어 이전 구성이 적용 중입니다. {error}"),

    all_well: "모든 엔드포인트 정상",
    no_endpoints: "엔드포인트 없음",
    nothing_sent: "전송 기록 없음",
    endpoints_failing: |count| format!("엔드포인트 {count}개 장애"),
    endpoints_misconfigured: |count| format!("엔드포인트 {count}개 구성 오류"),
    endpoints_degraded: |count| format!("엔드포인트 {count}개 불안정"),
    one_failing: |name| format!("{name} 장애"),
    one_misconfigured: |name| format!("{name} 구성 오류"),
    one_degraded: |name| format!("{name} 불안정"),
    verdict_more: |count| format!("외 {count}개"),
    lost: "게이트웨이에 연결할 수 없음",
    lost_long: |at| format!("{at} UTC부터. 아래 내용은 그때의 상태입니다"),
    verdict_detail: |well, all| format!("{all}개 중 {well}개 정상"),

    totals: "최근 5분 합계",
    per_second: "초당 전송",
    success: "성공률",
    waiting: "대기",
    in_flight: "전송 중",
    held: "보류",
    failing: "장애",
    events: "이벤트",
    latency: "지연 시간",
    ten_seconds: "10초",
    five_minutes: "5분",
    now: "방금",
    due: "곧",
    spark_attempts: |delivered, failed| format!("최근 15분간 시도: 성공 {delivered}건, 실패 {failed}건"),
    spark_success: |least| format!("최근 15분간 1분 단위 성공률: 최저 {least}"),
    spark_latency: |most| format!("최근 15분간 1분 단위 p95: 최고 {most}"),
    spark_nothing: "최근 15분간 시도 없음",
    quarter: "15분",
    runs: "미완료 실행",
    next: Said {
        relative: |left| format!("{left} 후 전송"), absolute: |time| format!("{time} UTC에 전송")
    },
    next_long: "다음 전송 시각",

    endpoints: "엔드포인트",
    endpoints_empty: "설정된 엔드포인트가 없습니다. openclaw.json5의 webhooks.endpoints에 추가하고 저장하면 바로 표시됩니다.",
    endpoints_add: "엔드포인트 추가",
    unsigned: "서명 없음",
    unsigned_long: "비밀 키가 없어 수신자가 발신자를 확인할 수 없습니다.",
    circuit: |state, failures| match state {
        CircuitState::Closed => String::new(),
        CircuitState::Open => format!("{failures}회 연속 실패로 회로 차단됨"),
        CircuitState::HalfOpen => "전송 1건으로 복구 확인 중".to_owned(),
    },
    try_now: "지금 시도",
    trying: "시도 중…",
    nothing_waits: "대기 중인 전송이 없습니다. 다음 전송이 시도합니다.",
    circuit_tries: Said {
        relative: |left| format!("{left} 후 다시 시도"),
        absolute: |time| format!("{time} UTC에 다시 시도"),
    },

    log: "이벤트 로그",
    log_empty: "첫 이벤트를 기다리고 있습니다",
    log_empty_filter: "조건에 맞는 전송이 없습니다",
    log_empty_try: "아래 명령으로 이벤트를 보내면 받는 엔드포인트마다 전송이 표시됩니다.",
    log_empty_nobody: "전송할 엔드포인트가 없어 이벤트를 접수해도 전송되지 않습니다. 먼저 여기에서, 또는 구성 파일의 webhooks.endpoints에 엔드포인트를 추가하십시오.",
    show_all: "모두 보기",
    filter: "전송 상태별 보기",
    filter_all: "전체",
    query: "이벤트 로그 필터",
    query_example: "status:failed endpoint:crm since:1h \"텍스트\"",
    query_show: "적용",
    query_wrong: |words| {
        format!(
            "알 수 없는 조건: {words}. status, endpoint, type, reason, agent, since와 따옴표로 묶은 텍스트를 쓸 수 있습니다."
        )
    },
    freeze: "멈추기",
    thaw: "계속",
    older: "이전 전송 보기",
    many: "모두 재전송…",
    many_counting: "확인 중…",
    many_matched: |count, line| format!("{line} 조건에 맞는 전송은 {count}건입니다."),
    many_rate: "초당 최대:",
    many_rate_none: "제한 없음",
    many_go: "재전송",
    many_queued: |count| format!("{count}건을 재전송합니다."),
    close: "닫기",
    fresh: |count| format!("새 전송 {count}건"),
    column_status: "상태",
    column_event: "이벤트",
    column_endpoint: "엔드포인트",
    column_attempts: "시도",
    column_result: "결과",
    column_took: "소요",
    column_when: "시각",
    status_held_why: "엔드포인트 대기 중",

    redeliver: "재전송",
    redelivering: "전송 중…",
    redelivered: "대기열에 추가됨",
    refused: |why| format!("재전송하지 못했습니다: {why}"),

    inbound: "인바운드",
    hits_empty: "수신 기록 없음",
    hits_empty_try: "아래 주소로 POST하면 에이전트 실행이 시작됩니다.",
    hits_empty_record: "아래 주소로 POST할 수 있습니다. webhooks.agent에 OpenClaw 주소를 지정하기 전에는 수신만 기록합니다.",
    hits_none_configured: "설정된 인바운드 엔드포인트가 없습니다. webhooks.inbound.endpoints에 추가하면 아래 명령을 쓸 수 있습니다.",
    hit_missing: |count| format!("값 {count}개 누락"),

    keys: "키보드 단축키",
    commands: "명령",
    display: "화면",
    select: |what| format!("선택: {what}"),
    event_of: |what| format!("이벤트 보기: {what}"),
    pages: "페이지",
    overview: "개요",
    settings_title: "설정",
    reachable: |code, took| match code {
        Some(code) => format!("연결됨: {code}, {took}"),
        None => format!("연결됨: {took}"),
    },
    not_reachable: |why| format!("연결 안 됨: {why}"),
    endpoint_actions: |name| format!("{name} 작업"),
    endpoint_menu: "확인, 일시 중지, 테스트",
    checked: Said { relative: |age| format!("{age} 전 확인"), absolute: |time| format!("{time} 확인") },
    openclaw: "OpenClaw",
    agent_state,

    back: "개요",
    delivery_title: |event, endpoint| format!("{event} → {endpoint}"),
    event_id: "이벤트 ID",
    delivery_id: "전송 ID",
    agent: "에이전트",
    instance: "인스턴스",
    created: "접수",
    happened: "발생",
    finished: "완료",
    next_attempt: "다음 시도",
    hit: "응답한 수신",
    event_json: "이벤트",
    event_type: "유형",
    cancel: "취소",
    cancelling: "취소 중…",
    cancelled: "더 이상 전송하지 않습니다.",
    copy_curl: "curl로 복사",
    difference: |number| format!("시도 {number} 대비 달라진 점:"),
    no_difference: |number| format!("시도 {number} 대비 달라진 점이 없습니다."),
    request_body_changed: "전송한 본문이 다름",
    request_headers_changed: "전송한 헤더가 다름",
    answer_changed: "응답이 다름",
    attempts: "시도",
    no_attempts: "아직 시도가 없습니다.",
    attempt_number: |number| format!("시도 {number}"),
    timings: "소요 시간",
    request: "요청",
    response: "응답",
    no_response: "응답이 없습니다.",
    headers: "헤더",
    body: "본문",
    body_empty: "비어 있습니다.",
    body_cut: "여기까지만 읽었습니다.",
    remote: "주소",
    node: "노드",
    phase_dns: "DNS",
    phase_connect: "연결",
    phase_tls: "TLS",
    phase_ttfb: "응답 대기",
    phase_body: "본문",
    phase_total: "합계",

    login_title: "로그인",
    login_text: "이 게이트웨이는 토큰이 필요합니다. 구성의 adminToken 또는 viewerToken을 입력하십시오.",
    login_token: "토큰",
    login_button: "로그인",
    login_busy: "로그인 중…",
    login_script: "로그인하려면 JavaScript가 필요합니다.",
    not_found_title: "페이지를 찾을 수 없습니다",
    not_found_text: "주소가 잘못되었거나 보존 기간이 지나 삭제된 항목입니다.",
    to_overview: "개요로 이동",
    unreachable: "게이트웨이에 연결할 수 없습니다.",
    comes_back: "게이트웨이가 다시 응답하면 이 페이지가 자동으로 열립니다.",
    incomplete: "게이트웨이는 정상일 수 있지만 이 페이지의 일부를 불러오지 못했습니다. 페이지를 새로 고치세요.",

    status,
    state,
    reason,
    hint,
    trigger,
    result,
    outcome,
    verification,
    run,
    state_reason,
};

fn agent_state(state: AgentState) -> &'static str {
    match state {
        AgentState::Unknown => "확인 전",
        AgentState::Ready => "준비됨",
        AgentState::Away => "연결 안 됨",
        AgentState::Refusing => "요청 거부",
    }
}
