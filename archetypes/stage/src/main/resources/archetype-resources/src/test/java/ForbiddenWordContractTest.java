package ${package};

import dev.millrace.spi.text.SamplerStage;
import dev.millrace.tck.SamplerStageContract;

/** What every stage promises. */
class ForbiddenWordContractTest extends SamplerStageContract {

    @Override
    protected SamplerStage.Factory factory() {
        return new ForbiddenWord();
    }
}
