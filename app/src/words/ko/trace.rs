//! A hit's page in Korean.

use crate::words::trace::Trace;
use wire::AgentState;

pub(super) const TRACE: Trace = Trace {
    title: |inbound| format!("{inbound} 수신"),
    steps: "처리 과정",
    step_hit: "수신",
    step_prompt: "프롬프트",
    step_run: "실행",
    step_callback: "콜백",
    received: "수신 시각",
    from: "보낸 곳",
    answered: "응답 코드",
    hit_id: "수신 ID",
    duplicate_of: "원본 수신",
    replay_of: "재실행 원본",
    query: "쿼리",
    cause: "원인",
    cause_refused: "거부됨",
    no_prompt_refused: "거부된 수신이므로 프롬프트를 만들지 않았습니다.",
    no_prompt_duplicate: "중복 수신이므로 프롬프트를 만들지 않았습니다. 처음 수신만 처리합니다.",
    no_prompt: "이 인바운드 엔드포인트는 프롬프트를 만들지 않습니다.",
    prompt_whole: "완전함",
    message: "에이전트에 보낸 메시지",
    missing: "누락된 값",
    missing_long: "템플릿에 있지만 수신 데이터에 없어 비워 두었습니다.",
    no_run_refused: "거부된 수신이므로 실행하지 않았습니다.",
    no_run_duplicate: "중복 수신이므로 따로 실행하지 않았습니다.",
    no_run: "이 인바운드 엔드포인트는 기록만 합니다.",
    mode,
    way: "요청 방식",
    asked: "요청 횟수",
    queued: "대기 시작",
    started: "실행 시작",
    took: "소요 시간",
    model: "모델",
    usage: "사용량",
    tokens: |input, output| format!("입력 {input} 토큰, 출력 {output} 토큰"),
    agent_run: "에이전트 실행 ID",
    reply: "답변",
    no_reply: "에이전트가 종료는 알렸지만 답변 내용은 보내지 않았습니다.",
    failed: "실행 실패",
    callback_after: "실행이 끝나면 이벤트를 보냅니다.",
    callback_none: "이 실행에 연결된 이벤트가 없습니다.",
    callback_never: "실행이 없었으므로 이벤트를 보내지 않습니다.",
    no_receiver: "구독하는 엔드포인트가 없습니다.",
    replay: "재실행",
    replay_busy: "재실행 중…",
    replayed: "다시 실행했습니다.",
    show_new: "새 수신 보기",

    agent: "OpenClaw",
    agent_state,
    check_now: "지금 확인",
    checking: "확인 중…",
    agents: |names| format!("에이전트: {names}"),
    day: "24시간 수신과 현재 실행",
    accepted: "24시간 접수",
    refused: "거부",
    repeated: "중복",
    waiting: "대기",
    running: "실행 중",
    refuses: |fault| format!("수신하지 않음: {fault}"),
    newest: "최근 수신",
};

fn mode(mode: &str) -> &'static str {
    match mode {
        "hooks" => "hook",
        "chat" => "chat",
        _ => "없음",
    }
}

fn agent_state(state: AgentState) -> &'static str {
    match state {
        AgentState::Unknown => "확인 전",
        AgentState::Ready => "준비됨",
        AgentState::Away => "연결 안 됨",
        AgentState::Refusing => "요청 거부",
    }
}
