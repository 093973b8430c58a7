//! Figures over time, checks, secrets, events, JSON and the audit, in Korean.

use crate::words::insight::Insight;

pub(in crate::words) static INSIGHT: Insight = Insight {
    over_time: "시간별 추이",
    results: "결과별 시도",
    latency: "지연 시간",
    reasons: "실패 원인",
    no_attempts: "이 기간에는 시도가 없습니다.",
    no_failures: "실패가 없습니다.",
    results_said: |delivered, failed| format!("성공 {delivered}건, 실패 {failed}건"),
    latency_said: |p50, p95| format!("p50 {p50}, p95 {p95}"),
    table: "표로 보기",
    time: "시각(UTC)",
    most: |figure| format!("최대 {figure}"),
    windows: "기간",

    checks: "상태 확인 기록",
    no_checks: "아직 없습니다.",
    older: "이전 기록 보기",
    reachable: "연결됨",
    unreachable: "연결 안 됨",

    secret: "비밀 키",
    reveal: "표시",
    reveal_sure: "화면에 표시하시겠습니까? 감사 기록에 남습니다.",
    reveal_yes: "표시합니다",
    revealing: "요청 중…",
    revealed: |left| format!("{left} 후에 다시 숨깁니다."),
    hide: "숨기기",
    keep: "숨긴 채로 두기",

    event_title: |kind| format!("이벤트 {kind}"),
    deliveries: "전송",
    nobody: "이 이벤트를 구독하는 엔드포인트가 없습니다.",
    of_hit: "응답한 수신",
    in_log: "이벤트 로그에서 보기",
    received: "접수",

    search: "JSON 검색",
    found: |count| format!("{count}개 일치"),
    fold: "모두 접기",
    unfold: "모두 펼치기",
    parts: |count| format!("{count}개 항목"),

    audit: "감사 기록",
    audit_long: "누가 무엇을 변경했거나 시도했는지 보여 줍니다.",
    audit_none: "아직 기록이 없습니다.",
    who: "사용자",
    action: "작업",
    target: "대상",
    answer: "응답",
    address: "주소",
    who_of,
    action_of,
    api: "API",
    api_long: "모든 호출의 형식과 예제를 볼 수 있습니다.",
};

fn who_of(who: &str) -> Option<&'static str> {
    Some(match who {
        "admin" => "관리자",
        "viewer" => "조회자",
        "ingest" => "이벤트 전송자",
        "nobody" => "미인증",
        "local" => "로컬",
        "file" => "구성 파일",
        _ => return None,
    })
}

fn action_of(action: &str) -> Option<&'static str> {
    Some(match action {
        "redeliver" => "재전송",
        "redeliver_many" => "일괄 재전송",
        "cancel" => "취소",
        "make_endpoint" => "엔드포인트 추가",
        "change_endpoint" => "엔드포인트 변경",
        "remove_endpoint" => "엔드포인트 삭제",
        "pause" => "일시 중지",
        "resume" => "재개",
        "check" => "상태 확인",
        "test" => "테스트 이벤트 전송",
        "rotate_secret" => "비밀 키 교체",
        "reveal_secret" => "비밀 키 표시",
        "replay" => "재실행",
        "check_agent" => "에이전트 확인",
        "login" => "로그인",
        "logout" => "로그아웃",
        "reload" => "구성 다시 읽기",
        _ => return None,
    })
}
