//! An endpoint's page in Korean.

use crate::words::receiver::Receiver;
use wire::{Signing, Source};

pub(in crate::words) static RECEIVER: Receiver = Receiver {
    check: "지금 확인",
    checking: "확인 중…",
    test: "테스트 이벤트 전송",
    testing: "전송 중…",
    tested: "전송했습니다.",
    test_show: "전송 보기",
    test_type: "테스트 이벤트 유형",
    pause: "일시 중지",
    pausing: "중지하는 중…",
    paused: "일시 중지했습니다. 새 전송은 보류됩니다.",
    resume: "재개",
    resuming: "재개하는 중…",
    resumed: "재개했습니다. 보류된 전송을 내보냅니다.",
    last_check: "마지막 확인",
    no_check: "아직 없음",
    last_attempt: "마지막 시도",
    source,
    figures: "시도",
    window: "기간",
    delivered: "성공",
    failed: "실패",
    h1: "1시간",
    h24: "24시간",
    latency: |count| format!("최근 전송 {count}건의 소요 시간"),
    latency_of: |failed, least, most| format!("{least} ~ {most}, 실패 {failed}건"),
    deliveries: "전송",
    no_deliveries: "아직 없습니다.",
    all_deliveries: "이벤트 로그에서 모두 보기",
    configuration: "구성",
    url: "URL",
    wants: "이벤트",
    all_events: "전체",
    agents_only: "대상 에이전트",
    transform: "본문 변환",
    extra_headers: "헤더",
    signing: "서명",
    signing_of,
    retry: "시도",
    retry_schedule: |most| format!("최대 {most}회, Standard Webhooks 일정: 5초, 5분, 30분, 2시간, …"),
    retry_backoff: |most, wait| format!("최대 {most}회, {wait} 후 재시도하고 매번 간격을 두 배로 늘림"),
    timeout: "응답 제한 시간",
    at_once: "동시 전송",
    rate: "전송 속도",
    rate_of: |per_second, burst| format!("초당 {per_second}건, 순간 최대 {burst}건"),
    in_file: "구성 파일에 정의되어 있습니다. 파일에서 변경하십시오.",

    preview: "미리 보기",
    preview_long: "이 엔드포인트로 보낼 요청을 보여 줍니다. 전송하거나 저장하지 않습니다.",
    preview_event: "이벤트(JSON)",
    preview_pick: "기존 이벤트 선택",
    preview_own: "아래 입력 사용",
    preview_try: "미리 보기",
    preview_busy: "확인 중…",
    matches: "전송됩니다.",
    no_match: "전송되지 않습니다",

    verify: "서명 확인",
    verify_long: "서명은 타임스탬프, 점(.), 받은 그대로의 본문 바이트를 이은 값의 HMAC-SHA256이며, 키는 whsec_을 포함한 비밀 키 전체입니다. 수신 측에서 받은 값을 붙여 넣으면 일치하지 않는 이유를 알려 줍니다.",
    verify_secret: "비밀 키",
    verify_timestamp: "X-OpenClaw-Timestamp",
    verify_signature: "X-OpenClaw-Signature",
    verify_body: "본문(바이트 그대로)",
    verify_local: "브라우저 안에서만 계산하며 아무것도 전송하지 않습니다.",
    verify_incomplete: "네 항목을 모두 입력하십시오.",
    verify_good: "일치합니다.",
    verify_not_hex: "서명은 sha256= 뒤에 16진수 64자리여야 합니다.",
    verify_newline: "본문 끝의 줄바꿈을 빼면 일치합니다. 중간에 줄바꿈이 추가되었습니다.",
    verify_spaced: "공백을 뺀 같은 JSON과 일치합니다. 본문을 파싱해 다시 쓴 것입니다. JSON 파서를 거치기 전의 원본 바이트로 검증하십시오.",
    verify_decoded: "디코딩한 비밀 키와 일치합니다. 그 키는 이 서명이 아니라 Standard Webhooks의 webhook-signature에 쓰입니다.",
    verify_bare: "본문만으로 계산한 값과 일치합니다. 앞에 타임스탬프와 점(.)을 붙여야 합니다.",
    verify_wrong: "일치하지 않습니다. 비밀 키나 타임스탬프가 다르거나 본문이 전송 중에 변경되었습니다.",
};

fn source(source: Source) -> &'static str {
    match source {
        Source::File => "구성 파일",
        Source::Api => "직접 추가",
    }
}

fn signing_of(signing: Signing) -> &'static str {
    match signing {
        Signing::Openclaw => "X-OpenClaw-Signature",
        Signing::Standard => "Standard Webhooks",
        Signing::Both => "X-OpenClaw-Signature 및 Standard Webhooks",
    }
}
